"""What happened in an organization and on its boards: who, what, before and after."""
