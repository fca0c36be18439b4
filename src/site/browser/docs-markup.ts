/**
 * Swagger UI leaves out those who do not see or point: controls without names, a link inside of a button, a dialog
 * that does not say it is one. Its own way to be changed is a plugin that wraps its components; this one mends them.
 */

/** What Swagger UI gives to those who wrap a component. */
interface System {
  readonly React: React;
}

/** The parts used here of React, which Swagger UI brings along without its types. */
interface React {
  createElement(type: unknown, props: Props | null, ...children: unknown[]): Element;
  cloneElement(element: Element, props: Props | null, ...children: unknown[]): Element;
  useRef<T>(value: T): { current: T };
  useLayoutEffect(effect: () => () => void, dependencies: readonly unknown[]): void;
  readonly Children: {
    map(children: unknown, change: (child: Element | null) => unknown): unknown;
  };
}

type Props = Readonly<Record<string, unknown>>;

interface Element {
  readonly type: unknown;
  readonly props: Props;
}

type FunctionComponent = (props: Props) => Element;
type ClassComponent = new (...all: never[]) => { render(): Element };

function createUnseen({ createElement }: React, text: string): Element {
  return createElement('span', { className: 'unseen' }, text);
}

/** A component that shows what another does, with each child of that changed. */
function changeChildren(
  Original: ClassComponent,
  { cloneElement, Children }: React,
  change: (child: Element) => Element,
) {
  return class extends Original {
    override render() {
      const shown = super.render();
      const changed = Children.map(shown.props.children, (child) => child && change(child));
      return cloneElement(shown, null, changed);
    }
  };
}

/** The whole summary of an operation is a button, in which its path must not be a link. */
function OperationSummaryPath(Original: unknown, { React: { createElement } }: System) {
  const Path = ({ text }: Props) => createElement('span', null, text);
  const getComponent = () => Path;
  return (props: Props) => createElement(Original, { ...props, getComponent });
}

function InfoContainer(Original: unknown, { React: { createElement } }: System) {
  return (props: Props) =>
    createElement('section', { 'aria-label': 'About' }, createElement(Original, props));
}

/** Tags are headings of the third level, and the title is the only one above them, of the first. */
function operations(Original: unknown, { React: { createElement } }: System) {
  return (props: Props) =>
    createElement(
      'div',
      null,
      createElement('h2', { className: 'unseen' }, 'Endpoints'),
      createElement(Original, props),
    );
}

function RequestBodyEditor(Original: unknown, { React: { createElement } }: System) {
  const Field = (props: Props) =>
    createElement('textarea', { ...props, 'aria-label': 'Request body' });
  const getComponent = () => Field;
  return (props: Props) => createElement(Original, { ...props, getComponent });
}

function ExamplesSelect(Original: ClassComponent, { React }: System) {
  return changeChildren(Original, React, (child) =>
    child.type === 'select' ? React.cloneElement(child, { 'aria-label': 'Examples' }) : child,
  );
}

/** Code scrolls: without a pointer that takes the focus. */
function SyntaxHighlighter(Original: FunctionComponent, { React: { cloneElement } }: System) {
  return (props: Props) => {
    // It chooses between code in colours and plain text, and either has a <pre> that takes what else it is given.
    const { type, props: chosen } = Original(props);
    return cloneElement((type as FunctionComponent)(chosen), { tabIndex: 0 });
  };
}

/** Its button shows the title of a schema, and not every schema has one. */
function JSONSchema202012Accordion(Original: unknown, { React }: System) {
  return (props: Props) =>
    React.createElement(Original, props, props.children, createUnseen(React, 'schema'));
}

/** A table that claims to be a region is no table any more, and regions without names cannot be told apart. */
function responses(Original: unknown, { React: { createElement } }: System) {
  const mend = (place: HTMLElement | null) =>
    place?.querySelector('table[role="region"]')?.removeAttribute('role');
  return (props: Props) => createElement('div', { ref: mend }, createElement(Original, props));
}

/** A dialog of the browser's own: what is behind it cannot be reached, and the focus goes back to where it was. */
function authorizationPopup(Original: unknown, { React }: System) {
  return (props: Props) => {
    const dialog = React.useRef<HTMLDialogElement | null>(null);
    React.useLayoutEffect(() => {
      const shown = dialog.current;
      shown?.showModal();
      shown?.querySelector('input')?.focus();
      return () => shown?.close();
    }, []);
    const { showDefinitions } = props.authActions as { showDefinitions(shown: false): void };
    const onClose = () => showDefinitions(false);
    return React.createElement(
      'dialog',
      { ref: dialog, 'aria-label': 'Available authorizations', onClose },
      React.createElement(Original, props),
    );
  };
}

function CloseIcon(Original: unknown, { React }: System) {
  const { createElement } = React;
  return (props: Props) =>
    createElement('span', null, createElement(Original, props), createUnseen(React, 'Close'));
}

/** Who speaks to a button says what stands on it. */
function Button(Original: unknown, { React: { createElement } }: System) {
  return (props: Props) => {
    const { 'aria-label': _, ...rest } = props;
    return createElement(Original, typeof props.children === 'string' ? rest : props);
  };
}

/** Where the name of a field is its id, its label says more. */
function Input(Original: unknown, { React: { createElement } }: System) {
  return (props: Props) => {
    const { 'aria-label': name, ...rest } = props;
    return createElement(Original, name === props.id ? rest : props);
  };
}

/** That a token has been given is no heading. */
function HttpAuth(Original: ClassComponent, { React }: System) {
  return changeChildren(Original, React, (child) =>
    child.type === 'h6' ? React.createElement('p', child.props) : child,
  );
}

/** By the names that Swagger UI knows its components by. */
export const markupPlugin = {
  wrapComponents: {
    OperationSummaryPath,
    InfoContainer,
    operations,
    RequestBodyEditor,
    ExamplesSelect,
    SyntaxHighlighter,
    JSONSchema202012Accordion,
    responses,
    authorizationPopup,
    CloseIcon,
    Button,
    Input,
    HttpAuth,
  },
};
