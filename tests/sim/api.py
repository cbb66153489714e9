"""Plain HTTP to a simulated cluster: what kubectl hides."""
import http.client
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kubectl import Kubectl  # noqa: E402


class Api(Kubectl):
    def connection(self, timeout=90):
        return http.client.HTTPConnection(urllib.parse.urlparse(self.server).netloc, timeout=timeout)

    def send(self, method, path, body=None, timeout=90, **headers):
        """(status, headers, bytes)"""
        connection = self.connection(timeout)
        try:
            data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
            connection.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, method, path, body=None, **headers):
        """(status, document)"""
        status, _, data = self.send(method, path, body, **headers)
        return status, json.loads(data)

    def list(self, path):
        status, document = self.call("GET", path)
        assert status == 200, document
        return document

    def watch(self, path, **headers):
        return Watch(self, path, headers)


class Watch:
    """Events, one document after the other; None at the end of the stream."""

    def __init__(self, api, path, headers):
        self.connection = api.connection()
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        line = self.answer.readline()
        return json.loads(line) if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
