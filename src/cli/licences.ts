import satisfies from 'spdx-satisfies';
import * as z from 'zod';

/** Which licences the packages that Kilat is made of and made with may have, and which packages have another. */

/** SPDX names of the licences that any package may have: who keeps their text and its notice has done all they ask. */
export const ALLOWED: readonly string[] = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  // It grants patents too, and asks that changed files say so; no file of a package is changed here.
  'Apache-2.0',
  // MIT without the duty to keep its text.
  'MIT-0',
  // ISC without the duty to keep its text.
  '0BSD',
  // A waiver of copyright that leaves patents out: fine for lists, and worth a look where it is code.
  'CC0-1.0',
  // Python's own, permissive like BSD's: argparse is a port of a module of Python's.
  'Python-2.0',
];

/** A licence that some packages may have, as long as they are needed for development alone. */
export interface Exception {
  /** Names; one that ends in `*` stands for all that begin so, since binaries have a package for each platform. */
  readonly packages: readonly string[];
  readonly licence: string;
  readonly reason: string;
}

/** None of them is in the image, which leaves out what is for development, nor does the Worker import any. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    packages: ['axe-core'],
    licence: 'MPL-2.0',
    reason: 'looks for barriers on the pages while they are tested; run unchanged, never shipped',
  },
  {
    packages: ['lightningcss', 'lightningcss-*'],
    licence: 'MPL-2.0',
    reason: 'compiles CSS for Vite, which vitest is built on; run unchanged, never shipped',
  },
  {
    packages: ['@img/sharp-*'],
    licence: 'LGPL-3.0-or-later',
    reason:
      'libvips, with which wrangler dev acts out image services; run unchanged, never shipped',
  },
  {
    packages: ['spdx-exceptions', 'spdx-ranges'],
    licence: 'CC-BY-3.0',
    reason: 'lists of names from the SPDX standard, which this check itself reads; never shipped',
  },
];

/** A package that is installed. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined if the package names no licence that SPDX knows. */
  readonly licence: string | undefined;
  /** What it is for; what is extraneous no package.json asks for, as after `npm install --no-save`. */
  readonly use: 'runtime' | 'development' | 'extraneous';
}

const Sbom = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({
      'bom-ref': z.string(),
      version: z.string(),
      properties: z.array(z.object({ name: z.string(), value: z.string() })),
      licenses: z
        .tuple([
          z.union([
            z.object({ license: z.object({ id: z.string() }) }),
            z.object({ expression: z.string() }),
          ]),
        ])
        .optional(),
    }),
  ),
});

/**
 * The packages that an SBOM lists. One that is installed in several places at the same version is listed once, and
 * is for what the first of these places is for.
 *
 * @param sbom JSON as `npm sbom --sbom-format cyclonedx` writes it
 * @throws ZodError if it is something else
 */
export function readPackages(sbom: unknown): Package[] {
  return Sbom.parse(sbom).components.map((component) => {
    const { 'bom-ref': ref, version, properties } = component;
    const [found] = component.licenses ?? [];
    const is = (property: string) => {
      return properties.some(({ name, value }) => {
        return name === `cdx:npm:package:${property}` && value === 'true';
      });
    };
    return {
      // The component's own name would be an alias where package.json has one.
      name: ref.slice(0, -`@${version}`.length),
      version,
      licence: found && ('expression' in found ? found.expression : found.license.id),
      use: is('extraneous') ? 'extraneous' : is('development') ? 'development' : 'runtime',
    };
  });
}

/** What is wrong with the licences of packages, a line each. What is extraneous is no dependency, and may have any. */
export function findLicenceFaults(packages: readonly Package[]): string[] {
  return packages.flatMap((each) => {
    const { name, version, licence, use } = each;
    if (use === 'extraneous' || isAllowed(licence) || findException(each)) return [];
    const who = `${name}@${version} (${use})`;
    const spared = findException({ ...each, use: 'development' });
    if (spared) return [`${who}: ${spared.licence} is allowed for development alone`];
    const has = licence === undefined ? 'names no licence of SPDX' : `has the licence ${licence}`;
    return [`${who}: ${has}, expected one of ${ALLOWED.join(', ')}`];
  });
}

/** The exception without which the package could not be used; undefined if it needs none, or has none. */
export function findException({ name, licence, use }: Package): Exception | undefined {
  if (use !== 'development' || isAllowed(licence)) return undefined;
  return EXCEPTIONS.find((exception) => {
    return (
      exception.packages.some((pattern) => {
        return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
      }) && isAllowed(licence, exception.licence)
    );
  });
}

function isAllowed(licence: string | undefined, ...more: readonly string[]): boolean {
  if (licence === undefined) return false;
  try {
    return satisfies(licence, [...ALLOWED, ...more]);
  } catch {
    // No expression, or with a name that is newer than the list of this check.
    return false;
  }
}

const Versions = z.record(z.string(), z.string()).default({});
const Manifest = z.object({
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: Versions,
});
const EXACT = /^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/;

/**
 * Which versions a package.json does not pin exactly, a line each.
 *
 * @throws ZodError if it is no package.json
 */
export function findUnpinned(manifest: unknown): string[] {
  return Object.entries(Manifest.parse(manifest)).flatMap(([group, versions]) => {
    return Object.entries(versions)
      .filter(([, version]) => !EXACT.test(version))
      .map(([name, version]) => {
        return `${name} (${group}): package.json has "${version}", expected an exact version such as 1.2.3`;
      });
  });
}
