"""The river as second witness: after a check on site, readings downstream are watched for a time. It reopens nothing."""
