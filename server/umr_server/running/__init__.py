"""Operation: settings, logs, figures, readiness, kept answers, beginning and end."""
