"""Lines of runs: kept as sent, read back, forked, rewound."""
