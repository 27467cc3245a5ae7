"""What an import asks another server: fields that the stock client asks for, and no others."""

_PAGE = "pageInfo { endCursor hasNextPage }"

SWEEPS = f"""query ImportSweeps($entity: String!, $project: String!, $cursor: String) {{
  project(name: $project, entityName: $entity) {{
    found: sweeps(first: 50, after: $cursor) {{
      edges {{ node {{ name displayName state description config createdAt updatedAt }} }}
      {_PAGE}
    }}
  }}
}}"""

RUNS = f"""query ImportRuns($entity: String!, $project: String!, $cursor: String) {{
  project(name: $project, entityName: $entity) {{
    found: runs(first: 50, after: $cursor, order: "+created_at") {{
      edges {{ node {{
        name displayName state sweepName config summaryMetrics group jobType commit description
        notes tags createdAt heartbeatAt historyLineCount eventsLineCount logLineCount
      }} }}
      {_PAGE}
    }}
  }}
}}"""

_OF_RUN = """query Import{}($entity: String!, $project: String!, $run: String!{}) {{
  project(name: $project, entityName: $entity) {{ run(name: $run) {{ {} }} }}
}}"""

HISTORY = _OF_RUN.format(
    "History",
    ", $low: Int64!, $high: Int64!, $n: Int!",
    "history(minStep: $low, maxStep: $high, samples: $n)",
)
WHOLE_HISTORY = _OF_RUN.format("WholeHistory", ", $n: Int!", "history(samples: $n)")
EVENTS = _OF_RUN.format("Events", ", $n: Int!", "events(samples: $n)")
LAST_STEP = _OF_RUN.format("LastStep", "", "historyKeys")
CONSOLE = _OF_RUN.format(
    "Console",
    ", $cursor: String",
    "found: logLines(first: 5000, after: $cursor, useImprovedPagination: true) "
    f"{{ edges {{ node {{ number timestamp level label line }} }} {_PAGE} }}",
)
FILES = _OF_RUN.format(
    "Files",
    ", $cursor: String",
    "found: files(first: 500, after: $cursor) "
    f"{{ edges {{ node {{ name sizeBytes md5 directUrl }} }} {_PAGE} }}",
)
LOGGED = _OF_RUN.format(
    "Logged",
    ", $cursor: String",
    f"found: outputArtifacts(first: 500, after: $cursor) {{ edges {{ node {{ id }} }} {_PAGE} }}",
)
USED = _OF_RUN.format(
    "Used",
    ", $cursor: String",
    f"found: inputArtifacts(first: 500, after: $cursor) {{ edges {{ node {{ id }} }} {_PAGE} }}",
)

VIEWS = f"""query ImportViews(
  $entity: String!, $project: String!, $kind: String!, $cursor: String
) {{
  project(name: $project, entityName: $entity) {{
    found: allViews(viewType: $kind, first: 20, after: $cursor) {{
      edges {{ node {{ id name displayName description spec createdAt updatedAt }} }}
      {_PAGE}
    }}
  }}
}}"""

# Alerts are read by no client: a field of ours, asked for where it is.
RUN_FIELDS = """query ImportRunFields { found: __type(name: "Run") { fields { name } } }"""
ALERTS = _OF_RUN.format(
    "Alerts",
    ", $cursor: String",
    "found: alerts(first: 500, after: $cursor) "
    f"{{ edges {{ node {{ title text severity createdAt }} }} {_PAGE} }}",
)

TYPES = f"""query ImportTypes($entity: String!, $project: String!, $cursor: String) {{
  project(name: $project, entityName: $entity) {{
    found: artifactTypes(first: 100, after: $cursor) {{ edges {{ node {{ name }} }} {_PAGE} }}
  }}
}}"""

COLLECTIONS = f"""query ImportCollections(
  $entity: String!, $project: String!, $type: String!, $cursor: String
) {{
  project(name: $project, entityName: $entity) {{ artifactType(name: $type) {{
    found: artifactCollections(first: 100, after: $cursor) {{
      edges {{ node {{ __typename name description tags {{ edges {{ node {{ name }} }} }} }} }}
      {_PAGE}
    }}
  }} }}
}}"""

VERSIONS = f"""query ImportVersions(
  $entity: String!, $project: String!, $type: String!, $collection: String!, $cursor: String
) {{
  project(name: $project, entityName: $entity) {{ artifactType(name: $type) {{
    artifactCollection(name: $collection) {{
      found: artifacts(first: 50, after: $cursor) {{
        edges {{ version node {{
          id versionIndex description metadata ttlDurationSeconds ttlIsInherited historyStep state
          digest digestAlgorithm createdAt
          tags {{ name }} aliases {{ alias artifactCollection {{ name }} }}
          createdBy {{ __typename ... on Run {{ name }} }}
        }} }}
        {_PAGE}
      }}
    }}
  }} }}
}}"""

MANIFEST = """query ImportManifest($id: ID!) {
  artifact(id: $id) { currentManifest { file { directUrl } } }
}"""

VERSION_FILES = f"""query ImportVersionFiles($id: ID!, $cursor: String) {{
  artifact(id: $id) {{
    found: files(first: 500, after: $cursor) {{
      edges {{ node {{ name sizeBytes directUrl }} }}
      {_PAGE}
    }}
  }}
}}"""

CLIENT_ID = """query ImportClientID($clientID: ID!) {
  clientIDMapping(clientID: $clientID) { serverID }
}"""
