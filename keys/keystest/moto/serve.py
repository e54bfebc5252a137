"""Serves moto's KMS on a free loopback port, prints the port, and ends with its standard input.

Where moto 5.2.5 is not as AWS says it is, this is: what is a hash already (MessageType DIGEST) is not hashed again
(getmoto/moto#10202), and GetPublicKey names a key by its ARN.
"""

import json
import os
import sys
import threading

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

request = threading.local()
answer_sign, answer_public_key, sign_raw = KmsResponse.sign, KmsResponse.get_public_key, ECDSAPrivateKey.sign


def answer(self):
    request.is_digest = self._get_param("MessageType") == "DIGEST"
    return answer_sign(self)


def sign(self, message, signing_algorithm):
    if not request.is_digest:
        return sign_raw(self, message, signing_algorithm)
    if signing_algorithm not in self.valid_signing_algorithms or len(message) != 32:
        raise ValueError("this KMS signs digests for ES256 alone")
    return self.private_key.sign(message, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def public_key(self):
    answer = json.loads(answer_public_key(self))
    answer["KeyId"] = self.kms_backend.describe_key(answer["KeyId"]).arn
    return json.dumps(answer)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as AWS keeps them

    def log_request(self, *args):
        pass


KmsResponse.sign, KmsResponse.get_public_key, ECDSAPrivateKey.sign = answer, public_key, sign
server = make_server("127.0.0.1", 0, create_backend_app("kms"), threaded=True, request_handler=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.port, flush=True)
sys.stdin.read()
os._exit(0)
