"""Competencies: statements become evidence, evidence proficiency, proficiency gaps, and gaps plans."""
