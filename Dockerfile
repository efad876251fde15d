# llmc in a container: docker run --rm -v "$PWD:/work" llmc bench model.onnx
FROM node:20-slim AS build
WORKDIR /llmc
COPY package.json package-lock.json .npmrc ./
COPY scripts ./scripts
RUN npm ci --no-audit --no-fund
COPY tsconfig.json LICENSE README.md ./
COPY bin ./bin
COPY src ./src
COPY fixtures/demo ./fixtures/demo
RUN npm run --silent build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
COPY --from=build /llmc/package.json /llmc/LICENSE /llmc/README.md /llmc/
COPY --from=build /llmc/node_modules /llmc/node_modules
COPY --from=build /llmc/bin /llmc/bin
COPY --from=build /llmc/dist /llmc/dist
COPY --from=build /llmc/fixtures/demo /llmc/fixtures/demo
RUN ln -s /llmc/bin/llmc.js /usr/local/bin/llmc && chmod +x /llmc/bin/llmc.js
# Models are mounted here; pass --user "$(id -u):$(id -g)" where files should belong to somebody else.
WORKDIR /work
USER node
ENTRYPOINT ["llmc"]
CMD ["--help"]
