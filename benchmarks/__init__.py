"""What things take, measured; one file a question."""
