import { useRef, useState } from 'hono/jsx/dom';
import type { Pixels } from './pixels.ts';
import { type Point, rasterise, type Stroke } from './strokes.ts';
import { useEffect } from './use-effect.ts';

/** Width and height of the pad in its own units; the style sheet says how large it is shown. */
const SIZE = 280;
/** How wide the pen looks; what the model gets is drawn anew (strokes.ts). */
const PEN = 18;

/** A canvas to draw on, asked about as one draws, and beside it what the model sees of that. */
export function DrawPad({
  pixels,
  onDrawn,
  onCleared,
}: {
  pixels: Pixels;
  onDrawn: (rows: readonly unknown[]) => void;
  onCleared: () => void;
}) {
  const pad = useRef<HTMLCanvasElement | null>(null);
  const strokes = useRef<Point[][]>([]);
  /** The pointer that draws: another finger, or the hand's ball, is none. */
  const pointer = useRef<number | undefined>(undefined);
  const frame = useRef(0);
  const [seen, setSeen] = useState<readonly number[]>([]);

  const paint = () => {
    const { current: canvas } = pad;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, SIZE, SIZE);
    context.strokeStyle = style.color;
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const stroke of strokes.current ?? []) trace(context, stroke);
    if (!strokes.current?.length) writeHint(context);
  };
  const show = () => {
    paint();
    if (!strokes.current?.length) return;
    const row = rasterise(strokes.current ?? [], pixels);
    setSeen(row);
    onDrawn([row]);
  };
  const add = (event: PointerEvent, isNew: boolean) => {
    const { current: canvas } = pad;
    const { current: all } = strokes;
    if (!canvas || !all) return;
    const box = canvas.getBoundingClientRect();
    const point = {
      x: (event.clientX - box.left) / box.width,
      y: (event.clientY - box.top) / box.height,
    };
    if (isNew) all.push([point]);
    else all.at(-1)?.push(point);
    // A pen may move many times before anybody can see it.
    cancelAnimationFrame(frame.current ?? 0);
    frame.current = requestAnimationFrame(show);
  };
  const start = (event: PointerEvent) => {
    if (event.button !== 0 || pointer.current !== undefined) return;
    event.preventDefault();
    pad.current?.setPointerCapture(event.pointerId);
    pointer.current = event.pointerId;
    add(event, true);
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId === pointer.current) add(event, false);
  };
  const end = (event: PointerEvent) => {
    if (event.pointerId === pointer.current) pointer.current = undefined;
  };
  const clear = () => {
    // A stroke that is under way ends with it.
    pointer.current = undefined;
    strokes.current = [];
    setSeen([]);
    paint();
    onCleared();
  };
  useEffect(() => {
    // Not before the pad is in the page, which its colours come from.
    requestAnimationFrame(paint);
  }, []);
  useEffect(() => onSchemeChange(paint), []);

  return (
    <div class="draw">
      <div class="pads">
        <canvas
          ref={pad}
          class="pad"
          width={SIZE}
          height={SIZE}
          role="img"
          aria-label="A pad to draw a digit on with a pointer. Without one, ask by Fields or Rows."
          onPointerDown={start}
          onPointerMove={move}
          onPointerUp={end}
          onPointerCancel={end}
        />
        <Seen pixels={pixels} values={seen} />
      </div>
      <button type="button" onClick={clear}>
        Clear
      </button>
    </div>
  );
}

/** Colours change with the scheme of the system, and with them what has been painted. */
function onSchemeChange(repaint: () => void): () => void {
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', repaint);
  return () => scheme.removeEventListener('change', repaint);
}

function writeHint(context: CanvasRenderingContext2D): void {
  context.fillStyle = context.strokeStyle;
  context.globalAlpha = 0.7;
  context.font = '20px system-ui, sans-serif';
  context.textAlign = 'center';
  context.fillText('draw here', SIZE / 2, SIZE / 2);
  context.globalAlpha = 1;
}

function trace(context: CanvasRenderingContext2D, stroke: Stroke): void {
  const [first] = stroke;
  if (!first) return;
  context.beginPath();
  context.moveTo(first.x * SIZE, first.y * SIZE);
  // A line of no length is a dot, with round ends.
  for (const { x, y } of stroke) context.lineTo(x * SIZE, y * SIZE);
  context.stroke();
}

/** The image as the model gets it, a square for each pixel. */
function Seen({
  pixels: { rows, columns, ink },
  values,
}: {
  pixels: Pixels;
  values: readonly number[];
}) {
  const canvas = useRef<HTMLCanvasElement | null>(null);
  useEffect(() => {
    const paint = () => {
      const context = canvas.current?.getContext('2d');
      if (!canvas.current || !context) return;
      context.clearRect(0, 0, columns, rows);
      context.fillStyle = getComputedStyle(canvas.current).color;
      values.forEach((value, i) => {
        context.globalAlpha = value / ink;
        context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
      });
    };
    paint();
    return onSchemeChange(paint);
  }, [values]);
  return (
    <figure>
      <canvas
        ref={canvas}
        class="seen"
        width={columns}
        height={rows}
        role="img"
        aria-label="The drawing as pixels"
      />
      <figcaption>what the model sees: {`${rows}\u00a0x\u00a0${columns}`}</figcaption>
    </figure>
  );
}
