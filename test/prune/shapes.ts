/** Small graphs of the shapes that networks have, with the groups a person finds in them. */

export interface Shape {
  readonly graph: string;
  /** `first parameter:axis size kind: parameters:axes`, or with the reason why nothing can be cut. */
  readonly groups: readonly string[];
}

const MICROSOFT = '<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>';

export const SHAPES: Readonly<Record<string, Shape>> = {
  'ResNet: a sum ties what is added; what is inside the block is free': {
    graph: `g (float[N,3,8,8] x) => (float[N,5] y)
      <float[8,3,3,3] stem = {0}, float[8] s = {0}, float[8] b = {0}, float[8] m = {0}, float[8] v = {0},
       float[12,8,3,3] w1 = {0}, float[12] b1 = {0}, float[8,12,3,3] w2 = {0}, float[8,5] head = {0}>
      { a = Conv <pads = [1,1,1,1]> (x, stem) u = Abs(v) n = BatchNormalization(a, s, b, m, u) r = Relu(n)
        c = Conv <pads = [1,1,1,1]> (r, w1, b1) d = Relu(c) e = Conv <pads = [1,1,1,1]> (d, w2)
        f = Add(r, e) p = GlobalAveragePool(f) q = Flatten(p) y = MatMul(q, head) }`,
    groups: [
      "stem:1 3: 'x' is an input of the model",
      'stem:0 8 channels: b:0 head:0 m:0 s:0 stem:0 u:0 w1:1 w2:0',
      'w1:0 12 channels: b1:0 w1:0 w2:1',
      "head:1 5: 'y' is an output of the model",
    ],
  },
  'DenseNet: each layer of a Concat is a group of its own': {
    graph: `g (float[N,3,8,8] x) => (float[N,4,8,8] y)
      <float[6,3,1,1] w0 = {0}, float[5,6,3,3] w1 = {0}, float[7,11,1,1] w2 = {0}, float[4,18,1,1] w3 = {0}>
      { a = Conv(x, w0) b = Conv <pads = [1,1,1,1]> (a, w1) c = Concat <axis = 1> (a, b)
        d = Conv(c, w2) e = Concat <axis = 1> (c, d) y = Conv(e, w3) }`,
    groups: [
      "w0:1 3: 'x' is an input of the model",
      'w0:0 6 channels: w0:0 w1:1 w2:1 w3:1',
      'w1:0 5 channels: w1:0 w2:1 w3:1',
      'w2:0 7 channels: w2:0 w3:1',
      "w3:0 4: 'y' is an output of the model",
    ],
  },
  'MobileNet: depthwise convolutions and gates follow their channels': {
    graph: `g (float[N,4,8,8] x) => (float[N,4,8,8] y)
      <float[12,4,1,1] expand = {0}, float[12,1,3,3] depth = {0}, float[12] bias = {0}, float[3,12,1,1] squeeze = {0},
       float[12,3,1,1] excite = {0}, float[4,12,1,1] project = {0}>
      { a = Conv(x, expand) b = Clip(a) c = Conv <group = 12, pads = [1,1,1,1]> (b, depth, bias)
        p = GlobalAveragePool(c) q = Conv(p, squeeze) r = LeakyRelu(q) s = Conv(r, excite) t = Sigmoid(s)
        u = Mul(c, t) y = Conv(u, project) }`,
    groups: [
      "expand:1 4: 'x' is an input of the model",
      'expand:0 12 channels: bias:0 depth:0 excite:0 expand:0 project:1 squeeze:1',
      'squeeze:0 3 channels: excite:1 squeeze:0',
      "project:0 4: 'y' is an output of the model",
    ],
  },
  'U-Net: a skip connection beside what was scaled up': {
    graph: `g (float[N,3,8,8] x) => (float[N,2,8,8] y)
      <float[6,3,3,3] down = {0}, float[10,6,3,3] deep = {0}, float[10,4,2,2] up = {0}, float[4] b = {0}, float[2,10,1,1] out = {0}>
      { a = Conv <pads = [1,1,1,1]> (x, down) p = MaxPool <kernel_shape = [2,2], strides = [2,2]> (a)
        d = Conv <pads = [1,1,1,1]> (p, deep) u = ConvTranspose <strides = [2,2]> (d, up, b)
        c = Concat <axis = 1> (a, u) y = Conv(c, out) }`,
    groups: [
      "down:1 3: 'x' is an input of the model",
      'down:0 6 channels: deep:1 down:0 out:1',
      'deep:0 10 channels: deep:0 up:0',
      'up:1 4 channels: b:0 out:1 up:1',
      "out:0 2: 'y' is an output of the model",
    ],
  },
  'ShuffleNet: a shuffle ties the channels that it puts side by side': {
    graph: `g (float[N,3,4,4] x) => (float[N,2,4,4] y)
      <float[8,3,1,1] w = {0}, float[4,4,1,1] left = {0}, int64[2] parts = {4, 4}, int64[5] split = {-1, 2, 4, 4, 4},
       int64[4] join = {-1, 8, 4, 4}, float[2,8,1,1] out = {0}>
      { a = Conv(x, w) b, c = Split <axis = 1> (a, parts) d = Conv(c, left) e = Concat <axis = 1> (b, d)
        f = Reshape(e, split) g = Transpose <perm = [0,2,1,3,4]> (f) h = Reshape(g, join) y = Conv(h, out) }`,
    groups: [
      "w:1 3: 'x' is an input of the model",
      'w:0 4 channels: left:0 out:1 w:0',
      'w:0.2 4 channels: left:1 w:0',
      "out:0 2: 'y' is an output of the model",
    ],
  },
  'grouped convolution: whole groups, or the same place in each': {
    graph: `g (float[N,3,4,4] x) => (float[N,2,4,4] y)
      <float[12,3,1,1] w = {0}, float[18,4,1,1] grouped = {0}, float[2,18,1,1] out = {0}>
      { a = Conv(x, w) b = Conv <group = 3> (a, grouped) y = Conv(b, out) }`,
    groups: [
      "w:1 3: 'x' is an input of the model",
      'w:0 4 channels: grouped:1 w:0',
      'grouped:0 3 channels: grouped:0 out:1 w:0',
      'grouped:0.2 6 channels: grouped:0 out:1',
      "out:0 2: 'y' is an output of the model",
    ],
  },
  'Flatten in front of a matrix: a channel is a run of its rows': {
    graph: `g (float[N,3,4,4] x) => (float[N,2] y)
      <float[6,3,1,1] w = {0}, float[2,96] out = {0}, float[2] b = {0}>
      { a = Conv(x, w) f = Flatten(a) y = Gemm <transB = 1> (f, out, b) }`,
    groups: [
      "w:1 3: 'x' is an input of the model",
      'w:0 6 channels: out:1 w:0',
      'out:1 4: a (Conv) needs the whole axis',
      'out:1.2 4: a (Conv) needs the whole axis',
      "out:0 2: 'y' is an output of the model",
    ],
  },
  'attention: heads, two widths, neurons; the stream is normalized': {
    graph: `g (float[N,5,16] x) => (float[N,5,3] y)
      <float[16,16] emb = {0}, float[16] s = {0}, float[16] b = {0}, float[16,12] wq = {0}, float[16,12] wk = {0}, float[16,12] wv = {0},
       float[12] bq = {0}, float[12,16] wo = {0}, int64[4] heads = {0, 0, 4, 3}, int64[3] flat = {0, 0, 12}, float[16,20] up = {0},
       float[20,16] down = {0}, float[16,3] out = {0}>
      { e = MatMul(x, emb) n = LayerNormalization(e, s, b) qm = MatMul(n, wq) qb = Add(qm, bq) k = MatMul(n, wk) v = MatMul(n, wv)
        q4 = Reshape(qb, heads) k4 = Reshape(k, heads) v4 = Reshape(v, heads)
        qt = Transpose <perm = [0,2,1,3]> (q4) kt = Transpose <perm = [0,2,3,1]> (k4) vt = Transpose <perm = [0,2,1,3]> (v4)
        l = MatMul(qt, kt) p = Softmax(l) o = MatMul(p, vt) ot = Transpose <perm = [0,2,1,3]> (o) of = Reshape(ot, flat)
        m = MatMul(of, wo) r = Add(e, m) u = MatMul(r, up) g1 = Gelu(u) d = MatMul(g1, down) r2 = Add(r, d) y = MatMul(r2, out) }`,
    groups: [
      "emb:0 16: 'x' is an input of the model",
      'emb:1 16 width: b:0 down:1 emb:1 out:0 s:0 up:0 wk:0 wo:1 wq:0 wv:0',
      'wq:1 4 heads: bq:0 wk:1 wo:0 wq:1 wv:1',
      'wq:1.2 3 head-width: bq:0 wk:1 wq:1',
      'wv:1 3 head-width: wo:0 wv:1',
      'up:1 20 channels: down:0 up:1',
      "out:1 3: 'y' is an output of the model",
    ],
  },
  'packed queries, keys and values': {
    graph: `g (float[N,5,8] x) => (float[N,5,2] y)
      <float[8,36] qkv = {0}, int64[3] thirds = {12, 12, 12}, float[12,2] wo = {0}, int64[4] heads = {0, 0, 4, 3}, int64[3] flat = {0, 0, 12}>
      { a = MatMul(x, qkv) q, k, v = Split <axis = 2> (a, thirds)
        q4 = Reshape(q, heads) k4 = Reshape(k, heads) v4 = Reshape(v, heads)
        qt = Transpose <perm = [0,2,1,3]> (q4) kt = Transpose <perm = [0,2,3,1]> (k4) vt = Transpose <perm = [0,2,1,3]> (v4)
        l = MatMul(qt, kt) p = Softmax(l) o = MatMul(p, vt) ot = Transpose <perm = [0,2,1,3]> (o) of = Reshape(ot, flat)
        y = MatMul(of, wo) }`,
    groups: [
      "qkv:0 8: 'x' is an input of the model",
      'qkv:1 4 heads: qkv:1 wo:0',
      'qkv:1.2 3 head-width: qkv:1',
      'qkv:1.3 3 head-width: qkv:1 wo:0',
      "wo:1 2: 'y' is an output of the model",
    ],
  },
  'fused attention': {
    graph: `${MICROSOFT} g (float[N,5,8] x) => (float[N,5,2] y)
      <float[8,12] wq = {0}, float[8,12] wk = {0}, float[8,20] wv = {0}, float[20,2] wo = {0}>
      { q = MatMul(x, wq) k = MatMul(x, wk) v = MatMul(x, wv)
        a = com.microsoft.MultiHeadAttention <num_heads = 4> (q, k, v) y = MatMul(a, wo) }`,
    groups: [
      "wq:0 8: 'x' is an input of the model",
      'wq:1 4 heads: wk:1 wo:0 wq:1 wv:1',
      'wq:1.2 3 head-width: wk:1 wq:1',
      'wv:1 5 head-width: wo:0 wv:1',
      "wo:1 2: 'y' is an output of the model",
    ],
  },
  'grouped-query attention, fused: a head of keys goes with all it serves, or one head of queries of each': {
    graph: `${MICROSOFT} g (float[1,5,8] x) => (float[1,5,2] y)
      <float[8,48] wq = {0}, float[8,16] wk = {0}, float[8,16] wv = {0}, float[48,2] wo = {0}, int32[1] last = {4}, int32 all = {5}>
      { q = MatMul(x, wq) k = MatMul(x, wk) v = MatMul(x, wv)
        a = com.microsoft.GroupQueryAttention <num_heads = 6, kv_num_heads = 2, scale = 0.5> (q, k, v, "", "", last, all) y = MatMul(a, wo) }`,
    groups: [
      "wq:0 8: 'x' is an input of the model",
      'wk:1 2 heads: wk:1 wo:0 wq:1 wv:1',
      'wq:1 3 heads: wo:0 wq:1',
      "wo:1 2: 'y' is an output of the model",
    ],
  },
  'grouped-query attention of ai.onnx, heads beside width': {
    graph: `<ir_version: 11, opset_import: ["": 23]> g (float[N,5,8] x) => (float[N,5,2] y)
      <float[8,18] wq = {0}, float[8,6] wk = {0}, float[8,10] wv = {0}, float[30,2] wo = {0}>
      { q = MatMul(x, wq) k = MatMul(x, wk) v = MatMul(x, wv)
        a = Attention <q_num_heads = 6, kv_num_heads = 2> (q, k, v) y = MatMul(a, wo) }`,
    groups: [
      "wq:0 8: 'x' is an input of the model",
      'wq:1.2 2 heads: wk:1 wo:0 wq:1 wv:1',
      'wq:1 3 heads: wo:0 wq:1',
      'wk:1 3 head-width: wk:1 wq:1',
      'wv:1 5 head-width: wo:0 wv:1',
      "wo:1 2: 'y' is an output of the model",
    ],
  },
  'grouped-query attention, decomposed: keys are expanded to as many heads as there are': {
    graph: `g (float[N,5,8] x) => (float[N,5,2] y)
      <float[8,12] wq = {0}, float[8,4] wk = {0}, float[8,4] wv = {0}, float[12,2] wo = {0}, int64[4] six = {0, 0, 6, 2},
       int64[4] two = {0, 0, 2, 2}, int64[1] at = {2}, int64[5] wide = {1, 1, 3, 1, 1}, int64[4] joined = {0, 6, 5, 2},
       int64[3] flat = {0, 0, 12}>
      { q = MatMul(x, wq) k = MatMul(x, wk) v = MatMul(x, wv) q4 = Reshape(q, six) k4 = Reshape(k, two) v4 = Reshape(v, two)
        qt = Transpose <perm = [0,2,1,3]> (q4) kt = Transpose <perm = [0,2,1,3]> (k4) vt = Transpose <perm = [0,2,1,3]> (v4)
        ku = Unsqueeze(kt, at) ke = Expand(ku, wide) kr = Reshape(ke, joined) vu = Unsqueeze(vt, at) ve = Expand(vu, wide)
        vr = Reshape(ve, joined) kk = Transpose <perm = [0,1,3,2]> (kr) l = MatMul(qt, kk) p = Softmax(l) o = MatMul(p, vr)
        ot = Transpose <perm = [0,2,1,3]> (o) of = Reshape(ot, flat) y = MatMul(of, wo) }`,
    groups: [
      "wq:0 8: 'x' is an input of the model",
      'wk:1.2 2 heads: wk:1 wo:0 wq:1 wv:1',
      'wq:1 3 heads: wo:0 wq:1',
      'wk:1 2 head-width: wk:1 wq:1',
      'wv:1 2 head-width: wo:0 wv:1',
      "wo:1 2: 'y' is an output of the model",
    ],
  },
  'LSTM both ways: a hidden unit is in all gates of both directions': {
    graph: `g (float[7,N,4] x) => (float[7,N,2] y)
      <float[2,20,4] w = {0}, float[2,20,5] r = {0}, float[2,40] b = {0}, int64[3] flat = {0, 0, 10}, float[10,2] out = {0}>
      { h = LSTM <hidden_size = 5, direction = "bidirectional"> (x, w, r, b) t = Transpose <perm = [0,2,1,3]> (h)
        f = Reshape(t, flat) y = MatMul(f, out) }`,
    groups: [
      "w:2 4: 'x' is an input of the model",
      'w:0 2: h (LSTM) needs the whole axis',
      'w:1 5 channels: b:1 out:0 r:1 r:2 w:1',
      "out:1 2: 'y' is an output of the model",
    ],
  },
  'a bias that two layers share ties nothing; a shared matrix does': {
    graph: `g (float[N,4] x) => (float[N,3] y, float[N,3] z)
      <float[4,6] a = {0}, float[4,6] b = {0}, float[6] shared = {0}, float[6,3] c = {0}>
      { p = MatMul(x, a) q = Add(p, shared) y = MatMul(q, c) r = MatMul(x, b) s = Add(r, shared) z = MatMul(s, c) }`,
    groups: [
      "a:0 4: 'x' is an input of the model",
      'a:1 6 channels: a:1 b:1 c:0 shared:0 shared:0',
      "c:1 3: 'y' is an output of the model",
    ],
  },
  'positions that are picked by constants': {
    graph: `g (float[N,4] x) => (float[N,3] y)
      <float[4,10] w = {0}, int64[1] from = {2}, int64[1] to = {8}, int64[1] axis = {1}, int64[3] places = {5, 0, 3}, float[3,3] out = {0}>
      { a = MatMul(x, w) b = Slice(a, from, to, axis) c = Gather <axis = 1> (b, places) y = MatMul(c, out) }`,
    groups: [
      "w:0 4: 'x' is an input of the model",
      'w:1 4 channels: w:1',
      'w:1.2 3 channels: out:0 w:1',
      'w:1.3 3 channels: w:1',
      "out:1 3: 'y' is an output of the model",
    ],
  },
  'what nothing is known of is left whole': {
    graph: `g (float[N,4] x) => (float[N,3] y)
      <float[4,6] w = {0}, float[6,3] out = {0}>
      { a = MatMul(x, w) b = CumSum(a, axis) axis = Constant <value_int = 1> () y = MatMul(b, out) }`,
    groups: [
      "w:0 4: 'x' is an input of the model",
      'w:1 6: b (CumSum) needs the whole axis',
      "out:1 3: 'y' is an output of the model",
    ],
  },
};
