"""What a deployment is made of: the SAM template of the scheduled auditor."""
