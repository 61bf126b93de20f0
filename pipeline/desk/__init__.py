"""The desk: Readout as a local web application and as a service with a JSON API."""
