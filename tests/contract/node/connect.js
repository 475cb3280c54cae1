// node connect.js DESCRIPTORS ROOT: a service with connect-node that has Execute alone.
import fs from "node:fs";
import http2 from "node:http2";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { execute } from "./stage.js";

const [descriptors, root] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(descriptors)));
const routes = (router) => {
  router.service(registry.getService("ContainerExecutor"), {
    execute: (request) => execute(root, request.inputFile, request.outputFile),
  });
  router.service(registry.getService("grpc.health.v1.Health"), { check: () => ({ status: 1 }) });
};
const server = http2.createServer(connectNodeAdapter({ routes }));
server.listen(0, "127.0.0.1", () => console.log(`READY 127.0.0.1:${server.address().port}`));
