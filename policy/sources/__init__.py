"""The roads by which drops come here. Each brings a folder or zip that `policy.roster` reads."""
