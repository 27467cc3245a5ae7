"""What is told elsewhere: automations, what starts them, what is sent and how."""
