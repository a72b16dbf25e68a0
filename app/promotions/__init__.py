"""What takes something off a cart: codes that buyers type, and promotions that apply by themselves."""
