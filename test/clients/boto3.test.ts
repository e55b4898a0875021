import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasClient, runClient } from '../support/clients.ts'
import { type TestServer, startTestServer } from '../support/reference-server.ts'

const SCRIPT = `
import hashlib, io, os, sys, boto3
from boto3.s3.transfer import TransferConfig
# Without being told, boto3 still presigns by Signature Version 2 in us-east-1.
from botocore.config import Config
s3 = boto3.client('s3', endpoint_url=sys.argv[1], config=Config(signature_version='s3v4'))
s3.create_bucket(Bucket='boto')
body = os.urandom(1 << 20) * 20 + b'tail'
config = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=6 << 20)
s3.upload_fileobj(io.BytesIO(body), 'boto', 'large/ key', Config=config, ExtraArgs={'Metadata': {'colour': 'blue'}})
head = s3.head_object(Bucket='boto', Key='large/ key')
assert head['ContentLength'] == len(body), head
assert head['Metadata'] == {'colour': 'blue'}, head
assert head['ETag'].endswith('-4"'), head
back = io.BytesIO()
s3.download_fileobj('boto', 'large/ key', back, Config=config)
assert hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(body).digest()
part = s3.get_object(Bucket='boto', Key='large/ key', Range='bytes=6291450-6291465')['Body'].read()
assert part == body[6291450:6291466]
s3.put_object(Bucket='boto', Key='small', Body=b'')
assert s3.get_object(Bucket='boto', Key='small')['Body'].read() == b''
url = s3.generate_presigned_url('get_object', Params={'Bucket': 'boto', 'Key': 'large/ key'}, ExpiresIn=60)
print(url)
keys = [item['Key'] for page in s3.get_paginator('list_objects_v2').paginate(Bucket='boto') for item in page['Contents']]
assert keys == ['large/ key', 'small'], keys
s3.copy_object(Bucket='boto', Key='copy', CopySource={'Bucket': 'boto', 'Key': 'small'})
s3.delete_objects(Bucket='boto', Delete={'Objects': [{'Key': key} for key in ['small', 'copy']]})
`

describe.runIf(hasClient('boto3'))('boto3', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  test('uploads, heads, downloads, copies, lists and deletes with its transfer manager; fetch reads its presigned URL', async () => {
    const script = join(server.home, 'script.py')
    await writeFile(script, SCRIPT)
    const { stdout } = await runClient('/usr/bin/python3', [script, server.url], {
      env: server.env,
    })
    const answer = await fetch(stdout.trim())
    expect(answer.status).toBe(200)
    expect((await answer.arrayBuffer()).byteLength).toBe(20 * (1 << 20) + 4)
  })
})
