"""The feature flags of the client: where ours are tried up and down, and why others are down."""

# Tests that run the stock client with the flag up and with it down.
TRIED = {
    "STRUCTURED_CONSOLE_LOGS": "tests/e2e/test_stream_flags.py",
    "FILESTREAM_GZIP": "tests/e2e/test_stream_flags.py",
    "MARK_RUN_FILES_UPLOADED": "tests/e2e/test_flags.py",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION": "tests/e2e/test_client_artifacts.py",
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE": "tests/e2e/test_client_artifacts.py",
    "TOTAL_COUNT_IN_FILE_CONNECTION": "tests/e2e/test_client_artifacts.py",
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING": "tests/e2e/test_client_artifacts.py",
    "ARTIFACT_DIGEST_ALGORITHM": "tests/e2e/test_client_artifacts.py",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID": "tests/e2e/test_client_artifacts.py",
    "SWEEPS_QUERY_FILTERING": "tests/e2e/test_flags.py",
    "SWEEPS_LOCAL_SCHEDULER": "tests/e2e/test_flags.py",
    "ARTIFACT_REGISTRY_SEARCH": "tests/e2e/test_client_registries.py",
    "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION": "tests/e2e/test_client_registries.py",
    "AUTOMATION_SCOPE_ENTITY": "tests/e2e/test_automations.py",
    "AUTOMATION_ACTION_NO_OP": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_RUN_METRIC": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_RUN_METRIC_CHANGE": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_RUN_METRIC_ZSCORE": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_RUN_STATE": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_ADD_ARTIFACT_TAG": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_REMOVE_ARTIFACT_TAG": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_ADD_COLLECTION_TAG": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_REMOVE_COLLECTION_TAG": "tests/e2e/test_automations.py",
    "AUTOMATION_EVENT_UNLINK_ARTIFACT": "tests/e2e/test_automations.py",
    "QUERY_AUTOMATIONS_ON_ENTITY": "tests/e2e/test_automations.py",
}

# Up for clients before 0.31, which then send the newer documents; 0.31 no longer asks for them.
OLDER = {
    "LARGE_FILENAMES",
    "ARTIFACT_TAGS",
    "CLIENT_IDS",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILES",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER",
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
}

DOWN = {
    "AUTOMATION_ACTION_ARIA": "another service of the vendor's",
    "AUTOMATION_ACTION_PUSH_NOTIFICATION": "another service of the vendor's",
    "AUTOMATION_LAST_EXECUTED_AT": "deliveries stand on the page of automations",
    "AUTOMATIONS_ON_ORGANIZATION": "automations are of projects, collections and teams",
    "AUTOMATIONS_ON_USER": "automations are of projects, collections and teams",
    "EVAL_TABLES_CES": "tables of evaluations go to another service of the vendor's",
}
