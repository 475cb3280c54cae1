// node grpc-js.js DESCRIPTORS ROOT: a service with @grpc/grpc-js that has Execute alone.
import fs from "node:fs";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { execute } from "./stage.js";

const [descriptors, root] = process.argv.slice(2);
const definition = loader.loadFileDescriptorSetFromBuffer(fs.readFileSync(descriptors), { keepCase: true });
const loaded = grpc.loadPackageDefinition(definition);
const server = new grpc.Server();
server.addService(loaded.ContainerExecutor.service, {
  Execute: ({ request }, answer) => answer(null, execute(root, request.input_file, request.output_file)),
});
server.addService(loaded.grpc.health.v1.Health.service, {
  Check: (_call, answer) => answer(null, { status: 1 }),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_error, port) => {
  console.log(`READY 127.0.0.1:${port}`);
});
