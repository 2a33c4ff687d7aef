package io.github.shardsum.partition;

import io.github.shardsum.partition.PlanGraph.Node;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A plan whose order in time has one fault; each kind breaks a rule by itself. */
enum TimeMutation {
  /** The readers of what was awaited read the start. */
  AWAIT_DROPPED {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node await = one(graph.nodes.stream().filter(Node::isAwait).toList(), random);
      graph.nodes.remove(await);
      graph.replace(await.ref(), await.operands.getFirst());
      return true;
    }
  },
  /** One reader reads the start, ahead of the await or behind it. */
  ONE_READER_EARLY {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node await = one(graph.nodes.stream().filter(Node::isAwait).toList(), random);
      List<Node> readers =
          graph.nodes.stream().filter(node -> node.operands.contains(await.ref())).toList();
      if (readers.isEmpty()) {
        return false;
      }
      Node reader = one(readers, random);
      reader.operands.replaceAll(ref -> ref.equals(await.ref()) ? await.operands.getFirst() : ref);
      if (random.nextBoolean()) {
        graph.nodes.remove(reader);
        graph.nodes.add(graph.nodes.indexOf(await), reader);
      }
      return true;
    }
  },
  AWAITED_TWICE {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node await = one(graph.nodes.stream().filter(Node::isAwait).toList(), random);
      Node again = new Node(new Action.Await(), await.operands, await.results);
      graph.nodes.add(graph.nodes.indexOf(await) + 1, again);
      return true;
    }
  },
  NEVER_AWAITED {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node start = one(graph.nodes.stream().filter(Node::isStart).toList(), random);
      Node other = new Node(start.action, start.operands, start.results);
      graph.nodes.add(other);
      return true;
    }
  },
  /** Two starts that are in flight at once have each other's await. */
  AWAITS_CROSSED {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      List<Node> awaits = graph.nodes.stream().filter(Node::isAwait).toList();
      Node first = one(awaits, random);
      Node second = one(awaits, random);
      PlannedValue a = first.results.getFirst();
      PlannedValue b = second.results.getFirst();
      if (first == second
          || (a.name().equals(b.name())
              && a.shape().equals(b.shape())
              && a.layout().equals(b.layout()))) {
        return false;
      }
      PlanGraph.Ref flight = first.operands.getFirst();
      first.operands.set(0, second.operands.getFirst());
      second.operands.set(0, flight);
      return true;
    }
  },
  OUTPUT_IN_FLIGHT {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node start = one(graph.nodes.stream().filter(Node::isStart).toList(), random);
      graph.outputs.set(0, start.ref());
      return true;
    }
  },
  /** A slice, an exchange, a local step or a start is started. */
  ANOTHER_ACTION_STARTED {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      List<Node> others =
          graph.nodes.stream()
              .filter(node -> !PlanGraph.moves(node.action) && !node.isAwait())
              .filter(node -> node.operands.size() == 1)
              .toList();
      if (others.isEmpty()) {
        return false;
      }
      Node node = one(others, random);
      Node await = new Node(new Action.Await(), List.of(node.ref()), node.results);
      if (!node.isStart()) {
        graph.replace(node.ref(), await.ref());
        await.operands.set(0, node.ref());
        graph.nodes.add(graph.nodes.indexOf(node) + 1, await);
      }
      node.action = new Action.Start(node.action);
      return true;
    }
  },
  THIRD_IN_FLIGHT {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node start = one(graph.nodes.stream().filter(Node::isStart).toList(), random);
      for (int more = 0; more < 2; more++) {
        Node other = new Node(start.action, start.operands, start.results);
        graph.nodes.add(graph.nodes.indexOf(start), other);
        graph.nodes.add(new Node(new Action.Await(), List.of(other.ref()), other.results));
      }
      return true;
    }
  },
  /** An await says another name, layout or dtype. */
  ANOTHER_VALUE_AWAITED {
    @Override
    boolean apply(PlanGraph graph, Random random) {
      Node await = one(graph.nodes.stream().filter(Node::isAwait).toList(), random);
      PlannedValue old = await.results.getFirst();
      DType dtype = one(List.of(DType.values()), random);
      String name = dtype == old.dtype() ? old.name() + "x" : old.name();
      await.results = List.of(new PlannedValue(name, dtype, old.shape(), old.layout()));
      return true;
    }
  };

  abstract boolean apply(PlanGraph graph, Random random);

  /** A mutant of a plan in which something is started; none if this does not apply. */
  Optional<SpmdPlan> of(SpmdPlan plan, Random random) {
    PlanGraph graph = new PlanGraph(plan);
    try {
      return apply(graph, random) ? graph.build() : Optional.empty();
    } catch (IllegalArgumentException notAPlan) {
      return Optional.empty();
    }
  }

  private static <T> T one(List<T> values, Random random) {
    return values.get(random.nextInt(values.size()));
  }
}
