// All-to-alls of experts by hand: in a manual region over x each device sends its own groups of
// tokens to the experts' devices and back. The planned layer with annotations has the same bits.
import io.github.shardsum.backend.mesh.*;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.ops.*;
import io.github.shardsum.program.*;
import io.github.shardsum.tensor.*;

void main() {
  var x = Elementwise.remainder(Creation.arange(DType.F32, 1024), 11).reshape(8, 16, 8);
  var chosen = Elementwise.remainder(Creation.arange(DType.I32, 128), 7).reshape(8, 16);
  var w = Elementwise.remainder(Creation.arange(DType.F32, 1024), 13).reshape(8, 8, 16);
  try (Collectives collectives = Collectives.open(Mesh.parse("x=4"));
      MeshExecutable byHand = MeshBackend.of(collectives).compile(layer(true));
      MeshExecutable planned = MeshBackend.of(collectives).compile(layer(false))) {
    IO.println(byHand.plan() + "\n" + byHand.plan().certify());
    float[] expected = planned.run(x, chosen, w).getFirst().toFloatArray();
    float[] given = byHand.run(x, chosen, w).getFirst().toFloatArray();
    IO.println("equal: " + Arrays.equals(expected, given));
  }
}

Program layer(boolean byHand) {
  var p = Program.builder("layer");
  Value x = p.input("x", "f32[G@x=8 S=16 M=8]");
  var all = List.of(x, p.input("to", "i32[G=8 S=16]"), p.input("w", "f32[E=8 M=8 H=16]"));
  List<String> in = List.of("G@x S M", "G@x S", "E@x M H"), out = List.of("G@x S H");
  ProgramBuilder.Body body = (b, own) -> List.of(experts(b, own, byHand));
  p.output((byHand ? p.manual("x=4", all, in, out, body) : body.outputs(p, all)).getFirst());
  return p.build();
}

Value experts(ProgramBuilder b, List<Value> in, boolean byHand) {
  Value hot = b.oneHot(in.get(1), "E", 8, DType.F32);
  Value place = b.convert(b.einsum("GSE,GSE->GS", b.exclusiveSum(hot, "S"), hot), DType.I32);
  Value mask = b.einsum("GSE,GSC->GSEC", hot, b.oneHot(place, "C", 2, DType.F32)); // 2 an expert
  Value sent = b.einsum("GSEC,GSM->EGCM", mask, in.get(0));
  Value got = byHand ? b.allToAll(sent, "G", "E", "x=4") : b.layout(sent, "E@x G C M");
  Value made = b.relu(b.einsum("EGCM,EMH->EGCH", got, in.get(2)));
  Value back = byHand ? b.allToAll(made, "E", "G", "x=4") : b.layout(made, "E G@x C H");
  return b.einsum("GSEC,EGCH->GSH", mask, back);
}
