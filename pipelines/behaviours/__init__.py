"""What contacts did, computed from events: activity and reports of operations (BHV-3, BHV-4). Not: how events come in."""
