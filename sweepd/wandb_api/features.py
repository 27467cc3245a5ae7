"""The feature flags we raise: only for what works."""

FEATURES: dict[str, bool] = {
    "STRUCTURED_CONSOLE_LOGS": True,
    "FILESTREAM_GZIP": True,
    "MARK_RUN_FILES_UPLOADED": True,
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION": True,
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE": True,
    "TOTAL_COUNT_IN_FILE_CONNECTION": True,
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING": True,
    "SWEEPS_QUERY_FILTERING": True,
    # Known to older clients, which then use the newer documents.
    "LARGE_FILENAMES": True,
    "ARTIFACT_TAGS": True,
    "CLIENT_IDS": True,
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILES": True,
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP": True,
}
