"""Archives for the tests to install on hosts: mongod, nginx and the example application, as files or as an image."""
