"""Real servers on loopback, started by the tests themselves: databases and services as a wholesaler has them."""
