import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** Labels that the series of a vector can have; undefined for what is no vector. */
export type Labels = ReadonlySet<string>;

/** What stands where Grafana has a variable: a metric or label of that name may be any. */
export const ANY_NAME = 'grafana_variable';

const ANY: Labels = new Set([ANY_NAME]);
const NONE: Labels = new Set();

/** Aggregations that keep series as they are. */
const SELECTING = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio']);

/**
 * Works out which labels a PromQL expression has, and on the way what is wrong with it: syntax, names that nothing has,
 * labels that are asked of series without them, and vectors that never match for want of the same labels.
 */
export class LabelInference {
  readonly problems: string[] = [];
  private readonly text: string;
  private readonly known: (metric: string) => Labels | undefined;

  /** @param known the labels of a series by its name, or undefined when there is none of that name */
  constructor(text: string, known: (metric: string) => Labels | undefined) {
    this.text = text;
    this.known = known;
  }

  infer(): Labels | undefined {
    const tree = parser.parse(this.text);
    tree.iterate({
      enter: ({ type, from }) => {
        if (type.isError) this.problems.push(`is no PromQL at '${this.text.slice(from)}'`);
      },
    });
    const top = tree.topNode.getChild('Expr');
    return this.problems.length > 0 || !top ? undefined : this.labelsOf(top);
  }

  private labelsOf(node: SyntaxNode): Labels | undefined {
    switch (node.name) {
      case 'NumberDurationLiteral':
      case 'StringLiteral':
        return undefined;
      case 'VectorSelector':
        return this.ofSelector(node);
      case 'AggregateExpr':
        return this.ofAggregation(node);
      case 'BinaryExpr':
        return this.ofOperation(node);
      case 'FunctionCall':
        return this.ofCall(node);
      default: {
        const inner = node.getChild('Expr');
        return inner ? this.labelsOf(inner) : undefined;
      }
    }
  }

  private ofSelector(node: SyntaxNode): Labels {
    const metric = this.textOf(node.getChild('Identifier'));
    const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
    if (metric === '') {
      this.problems.push(`'${this.textOf(node)}' names no metric`);
      return NONE;
    }
    const labels = metric === ANY_NAME ? ANY : this.known(metric);
    if (!labels) {
      this.problems.push(`there is no metric '${metric}'`);
      return ANY;
    }
    for (const matcher of matchers) {
      this.require(this.textOf(matcher.getChild('LabelName')), labels, `'${metric}'`);
    }
    return labels;
  }

  private ofAggregation(node: SyntaxNode): Labels {
    const operator = this.textOf(node.getChild('AggregateOp'));
    const labels = this.ofArguments(node) ?? NONE;
    const modifier = node.getChild('AggregateModifier');
    const named = this.groupingLabels(modifier?.getChild('GroupingLabels'));
    for (const label of named) this.require(label, labels, `what '${operator}' is given`);
    if (SELECTING.has(operator)) return labels;
    const counted = operator === 'count_values' ? this.stringArguments(node) : [];
    if (modifier?.getChild('Without')) return new Set([...without(labels, named), ...counted]);
    return new Set([...named, ...counted]);
  }

  private ofCall(node: SyntaxNode): Labels | undefined {
    const name = this.textOf(node.getChild('FunctionIdentifier'));
    const labels = this.ofArguments(node);
    switch (name) {
      case 'time':
      case 'pi':
      case 'scalar':
        return undefined;
      case 'vector':
      case 'absent':
      case 'absent_over_time':
        return NONE;
      case 'histogram_quantile':
        this.require('le', labels ?? NONE, `what '${name}' is given`);
        return without(labels ?? NONE, ['le']);
      case 'label_replace':
      case 'label_join': {
        const texts = this.stringArguments(node);
        const sources = name === 'label_replace' ? texts.slice(2, 3) : texts.slice(2);
        for (const source of sources) {
          this.require(source, labels ?? NONE, `what '${name}' is given`);
        }
        return new Set([...(labels ?? NONE), ...texts.slice(0, 1)]);
      }
      default:
        return labels;
    }
  }

  private ofOperation(node: SyntaxNode): Labels | undefined {
    const [left, right] = node.getChildren('Expr').map((operand) => this.labelsOf(operand));
    if (!left || !right) return left ?? right;
    const isUnion = node.getChild('Or') !== null;
    const isSetOperation = isUnion || node.getChild('And') || node.getChild('Unless');
    const modifier = node.getChild('MatchingModifierClause');
    const [named = [], added = []] = (modifier?.getChildren('GroupingLabels') ?? []).map((list) =>
      this.groupingLabels(list),
    );
    const isOn = modifier?.getChild('On');
    if (isOn) {
      for (const side of [left, right]) for (const label of named) this.require(label, side, SIDE);
    } else {
      const both = new Set([...left, ...right]);
      for (const label of named) this.require(label, both, 'either side of an operator');
      if (!isUnion) this.requireSame(without(left, named), without(right, named));
    }
    if (isUnion) return new Set([...left, ...right]);
    if (isSetOperation) return left;
    const many = modifier?.getChild('GroupRight') ? right : left;
    const one = many === left ? right : left;
    for (const label of added) this.require(label, one, SIDE);
    if (modifier?.getChild('GroupLeft') || modifier?.getChild('GroupRight')) {
      return new Set([...many, ...added]);
    }
    return isOn ? new Set(named) : without(left, named);
  }

  /** The labels of the vector among the arguments of a call or an aggregation. */
  private ofArguments(node: SyntaxNode): Labels | undefined {
    const values = node.getChild('FunctionCallBody')?.getChildren('Expr') ?? [];
    return values.map((value) => this.labelsOf(value)).find((labels) => labels !== undefined);
  }

  private stringArguments(node: SyntaxNode): string[] {
    const values = node.getChild('FunctionCallBody')?.getChildren('StringLiteral') ?? [];
    return values.map((value) => this.textOf(value).slice(1, -1));
  }

  private groupingLabels(list: SyntaxNode | null | undefined): string[] {
    return (list?.getChildren('LabelName') ?? []).map((label) => this.textOf(label));
  }

  private require(label: string, labels: Labels, owner: string): void {
    if (labels.has(label) || labels.has(ANY_NAME) || label === ANY_NAME) return;
    const has = labels.size > 0 ? `only ${[...labels].sort().join(', ')}` : 'none';
    this.problems.push(`there is no label '${label}' on ${owner}: ${has}`);
  }

  private requireSame(left: Labels, right: Labels): void {
    if (left.has(ANY_NAME) || right.has(ANY_NAME)) return;
    if (left.symmetricDifference(right).size === 0) return;
    const [a, b] = [left, right].map((labels) => `{${[...labels].sort().join(', ')}}`);
    this.problems.push(`the sides of an operator have other labels and never match: ${a}, ${b}`);
  }

  private textOf(node: SyntaxNode | null): string {
    return node ? this.text.slice(node.from, node.to) : '';
  }
}

const SIDE = 'one side of an operator';

function without(labels: Labels, some: readonly string[]): Labels {
  return labels.difference(new Set(some));
}
