"""How work goes: one page of numbers for those who look at it all day."""
