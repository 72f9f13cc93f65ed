"""Results as people look at them: contact sheets and reports."""
