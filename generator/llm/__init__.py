"""Language models behind litellm: settings, calls, the prompt and the writer."""
