"""Is the machine well: health, doctor, the list of audit checks, flags."""
