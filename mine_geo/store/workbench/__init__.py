"""What was received and is not yet decided on."""
