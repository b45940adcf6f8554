/** A manifest as an open document: the served root that its names are relative to, its entries and their places. */

import { dirname, resolve, sep } from "node:path";
import * as vscode from "vscode";
import { manifestsOf, ownRootsOf, publishedFiles } from "../../model/drop";
import { parseManifest, type Manifest } from "../../model/manifest";
import { manifestLines, type ManifestLine } from "../../model/manifestLines";
import { emptyPlan, type Plan } from "../../model/plan";
import { readPlan } from "../plan/planSources";
import { manifestLanguage } from "../plan/planUris";

export interface ReadManifest {
  /** Absent: the file lies outside of every workspace folder. */
  readonly folder: vscode.WorkspaceFolder | undefined;
  /** The served root, absolute. */
  readonly root: string;
  /** What the plan names: served although a dot file or a key. */
  readonly published: readonly string[];
  readonly manifest: Manifest;
  readonly lines: readonly ManifestLine[];
}

/** The served root of a folder, absolute. */
export const rootOf = (folder: vscode.WorkspaceFolder, plan: Plan): string =>
  resolve(folder.uri.fsPath, plan.root);

/** The served root and those that boards have of their own, absolute; the deepest first. */
function rootsOf(folder: vscode.WorkspaceFolder, plan: Plan): string[] {
  const root = rootOf(folder, plan);
  const own = ownRootsOf(plan).map((each) => resolve(root, each));
  return [...own.sort((a, b) => b.length - a.length), root];
}

/** The root that a file's names are relative to: the deepest that it lies in. */
export function rootAround(folder: vscode.WorkspaceFolder, plan: Plan, path: string): string {
  return rootsOf(folder, plan).find((each) => path.startsWith(`${each}${sep}`)) ?? rootOf(folder, plan);
}

/** The files that a plan calls manifests, absolute: by `manifest`, or the *.rc of a boot sequence. */
export function manifestPaths(folder: vscode.WorkspaceFolder, plan: Plan): string[] {
  return rootsOf(folder, plan).flatMap((root) => manifestsOf(plan).map((file) => resolve(root, file)));
}

/** Reads a document as a manifest. */
export async function readManifest(document: vscode.TextDocument): Promise<ReadManifest> {
  const { fsPath } = document.uri;
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const plan = (folder && (await readPlan(folder))?.plan) ?? emptyPlan;
  const published = publishedFiles(plan);
  const file = vscode.workspace.asRelativePath(document.uri, false);
  const text = document.getText();
  const manifest = parseManifest(text, file, published);
  return {
    folder,
    root: folder === undefined ? dirname(fsPath) : rootAround(folder, plan, fsPath),
    published,
    manifest,
    lines: manifestLines(text, file, manifest.entries),
  };
}

/** True for a document that is read as a manifest. */
export const isManifest = ({ languageId, uri }: vscode.TextDocument): boolean =>
  languageId === manifestLanguage && uri.scheme === "file";

/** Where a file that a manifest names is. */
export const fileUri = (root: string, file: string): vscode.Uri => vscode.Uri.file(resolve(root, file));
