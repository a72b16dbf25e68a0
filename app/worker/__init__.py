"""Runs the jobs and the schedule."""
