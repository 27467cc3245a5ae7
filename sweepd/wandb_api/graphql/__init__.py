"""GraphQL as the client speaks it: `schema.graphql`, and a resolver file per noun."""
