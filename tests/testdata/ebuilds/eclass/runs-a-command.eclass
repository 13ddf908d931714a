no-such-command --version
