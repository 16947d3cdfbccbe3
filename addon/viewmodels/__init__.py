"""What a card shows, as plain values; no widget, no markup."""
