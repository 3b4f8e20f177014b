"""What files hold of one person: found, and taken out (EXP-9). Knows no base: whoever calls says by what a person is known."""
