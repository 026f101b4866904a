"""What stands between the network and the routes: hosts, keys, rates and sizes."""
