"""The figures of the report, a module a subject; matplotlib is imported inside functions and used without its global state."""
