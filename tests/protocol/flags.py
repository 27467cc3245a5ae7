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

_AUTOMATION = "automations are refused"

DOWN = {
    "AUTOMATION_ACTION_ARIA": _AUTOMATION,
    "AUTOMATION_ACTION_NO_OP": _AUTOMATION,
    "AUTOMATION_ACTION_PUSH_NOTIFICATION": _AUTOMATION,
    "AUTOMATION_EVENT_ADD_ARTIFACT_TAG": _AUTOMATION,
    "AUTOMATION_EVENT_ADD_COLLECTION_TAG": _AUTOMATION,
    "AUTOMATION_EVENT_REMOVE_ARTIFACT_TAG": _AUTOMATION,
    "AUTOMATION_EVENT_REMOVE_COLLECTION_TAG": _AUTOMATION,
    "AUTOMATION_EVENT_RUN_METRIC": _AUTOMATION,
    "AUTOMATION_EVENT_RUN_METRIC_CHANGE": _AUTOMATION,
    "AUTOMATION_EVENT_RUN_METRIC_ZSCORE": _AUTOMATION,
    "AUTOMATION_EVENT_RUN_STATE": _AUTOMATION,
    "AUTOMATION_EVENT_UNLINK_ARTIFACT": _AUTOMATION,
    "AUTOMATION_LAST_EXECUTED_AT": _AUTOMATION,
    "AUTOMATION_SCOPE_ENTITY": _AUTOMATION,
    "AUTOMATIONS_ON_ORGANIZATION": _AUTOMATION,
    "AUTOMATIONS_ON_USER": _AUTOMATION,
    "QUERY_AUTOMATIONS_ON_ENTITY": _AUTOMATION,
    "EVAL_TABLES_CES": "tables of evaluations go to another service of the vendor's",
}
