"""The chat for shoppers; it reaches the backend over HTTP and imports no other package."""
