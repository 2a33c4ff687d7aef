package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Equal arguments mean the same in every form of an operation: fresh or into a tensor, with threads
 * or without, with a number or a tensor of it, with axes or {@link Axes}.
 */
class OperationFormsTest {
  private static final List<Class<?>> OPERATIONS =
      List.of(Elementwise.class, Logic.class, Movement.class, Reductions.class, Sorting.class);

  private static final Tensor X =
      Elementwise.add(Creation.arange(DType.F64, 12).reshape(3, 4), 0.25);
  private static final Tensor Y = Elementwise.subtract(9, X);
  private static final Tensor MASK = Logic.gt(X, 4);
  private static final double NUMBER = 0.75;

  private static Stream<Method> methods() {
    return OPERATIONS.stream()
        .flatMap(type -> Stream.of(type.getDeclaredMethods()))
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> method.getReturnType() == Tensor.class);
  }

  private static List<Class<?>> parameters(Method method) {
    return List.of(method.getParameterTypes());
  }

  private static Tensor call(Method method, Object... arguments) throws Exception {
    return (Tensor) method.invoke(null, arguments);
  }

  private static void same(Tensor expected, Tensor actual, Method method) {
    assertEquals(expected.dtype(), actual.dtype(), method::toString);
    assertEquals(expected.shape(), actual.shape(), method::toString);
    assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray(), method.toString());
  }

  @Test
  void everyOperationHasAFormOnATargetWithTheSameMeaning() throws Exception {
    Set<String> alone = new TreeSet<>();
    try (Workers two = Workers.of(2)) {
      for (Method fresh : methods().filter(m -> !parameters(m).contains(Target.class)).toList()) {
        Object[] arguments = arguments(fresh);
        Class<?>[] onTarget =
            Stream.concat(Stream.of(Target.class), parameters(fresh).stream())
                .toArray(Class<?>[]::new);
        try {
          Method target = fresh.getDeclaringClass().getDeclaredMethod(fresh.getName(), onTarget);
          Tensor expected = call(fresh, arguments);
          same(expected, call(target, before(Target.on(two), arguments)), target);
          Tensor out = Tensor.zeros(expected.dtype(), expected.shape());
          assertSame(out, call(target, before(Target.into(out), arguments)));
          same(expected, out, target);
          Tensor other = Tensor.zeros(expected.dtype(), expected.shape());
          assertSame(other, call(target, before(Target.into(two, other), arguments)));
          same(expected, other, target);
        } catch (NoSuchMethodException none) {
          alone.add(
              fresh.getName() + parameters(fresh).stream().map(Class::getSimpleName).toList());
        }
      }
    }
    // The others are over all or some axes, of which the form with Axes has one with a target.
    assertTrue(
        alone.stream()
            .allMatch(
                n ->
                    n.endsWith("[Tensor]")
                        || n.endsWith("int[]]")
                        || n.endsWith("[Tensor, double]")),
        alone::toString);
    List<String> reductions =
        methods()
            .filter(m -> parameters(m).contains(Axes.class))
            .map(Method::getName)
            .distinct()
            .toList();
    assertTrue(
        alone.stream().allMatch(n -> reductions.contains(n.substring(0, n.indexOf('[')))),
        alone::toString);
  }

  @Test
  void axesAreAxesInEveryForm() throws Exception {
    int tried = 0;
    for (Method some : methods().filter(m -> parameters(m).contains(int[].class)).toList()) {
      List<Class<?>> given = new ArrayList<>(parameters(some));
      given.set(given.size() - 1, Axes.class);
      for (Method over : methods().filter(m -> m.getName().equals(some.getName())).toList()) {
        List<Class<?>> full = new ArrayList<>(parameters(over));
        boolean ddof = full.contains(int.class);
        full.remove(int.class);
        if (!full.equals(given)) {
          continue;
        }
        tried++;
        Object[] arguments = arguments(some);
        arguments[arguments.length - 1] = new int[] {1, 0};
        Object[] full1 = arguments.clone();
        full1[full1.length - 1] = Axes.of(1, 0);
        if (ddof) {
          full1 = new Object[] {full1[0], 0, full1[1]};
        }
        Tensor expected = call(over, full1);
        same(expected, call(some, arguments), some);
        full1[full1.length - 1] = Axes.all();
        same(expected, call(over, full1), over);
        Object[] whole = Arrays.copyOf(arguments, arguments.length - 1);
        Class<?>[] types = given.subList(0, given.size() - 1).toArray(Class<?>[]::new);
        same(
            expected, call(some.getDeclaringClass().getMethod(some.getName(), types), whole), some);
      }
    }
    assertEquals(15, tried);
  }

  @Test
  void aNumberIsATensorOfIt() throws Exception {
    int tried = 0;
    for (Class<?> type : List.of(Elementwise.class, Logic.class)) {
      for (Method form : methods().filter(m -> m.getDeclaringClass() == type).toList()) {
        List<Class<?>> parameters = parameters(form);
        if (parameters.contains(double.class) && !form.getName().equals("clip")) {
          Class<?>[] tensors =
              parameters.stream()
                  .map(p -> p == double.class ? Tensor.class : p)
                  .toArray(Class<?>[]::new);
          Object[] arguments = arguments(form);
          Object[] of = arguments.clone();
          for (int i = 0; i < of.length; i++) {
            of[i] = of[i] instanceof Double ? Tensor.full(DType.F64, NUMBER, 3, 4) : of[i];
          }
          same(call(type.getMethod(form.getName(), tensors), of), call(form, arguments), form);
          tried++;
        }
      }
    }
    assertEquals(38, tried);
  }

  private static Object[] before(Object first, Object... rest) {
    return Stream.concat(Stream.of(first), Stream.of(rest)).toArray();
  }

  /** Arguments for each parameter; the second tensor is the other one. */
  private static Object[] arguments(Method method) {
    List<Object> arguments = new ArrayList<>();
    int tensors = 0;
    for (Class<?> type : method.getParameterTypes()) {
      Object argument =
          switch (type.getSimpleName()) {
            case "Target" -> Target.on(Workers.sequential());
            case "Tensor" -> tensor(method.getName(), tensors++);
            case "Axes" -> Axes.of(1);
            case "int[]" -> method.getName().equals("transpose") ? new int[] {1, 0} : new int[] {1};
            case "long[]" -> new long[] {1, 2};
            case "int" -> 1;
            case "long" -> 3L;
            case "boolean" -> true;
            case "double" ->
                method.getName().equals("clip") && arguments.size() == 2 ? 5.0 : NUMBER;
            case "SumOrder" -> SumOrder.FASTEST;
            case "List" -> List.of(X, Y);
            default -> throw new IllegalArgumentException(type + " of " + method);
          };
      arguments.add(argument);
    }
    return arguments.toArray();
  }

  private static Tensor tensor(String name, int place) {
    return switch (name) {
      case "where" -> List.of(MASK, X, Y).get(place);
      case "take" -> place == 0 ? X : Tensor.of(new int[] {3, 0, -1}, 3);
      case "masked" -> place == 0 ? X : MASK;
      case "compress" -> place == 0 ? X : MASK.select(0, 1);
      default -> place == 0 ? X : Y;
    };
  }
}
