import ts from "typescript";

/** An identifier that stands for a value of this name, as opposed to a member or a key. */
export function isFreeName(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  return !isMemberName(parent, node);
}

/** The name a member access asks for: `a.name` and `a["name"]`. */
export function memberOf(node: ts.Node): { object: ts.Expression; member: string } | undefined {
  if (ts.isPropertyAccessExpression(node)) return { object: node.expression, member: node.name.text };
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return { object: node.expression, member: node.argumentExpression.text };
  }
  return undefined;
}

/** True for `object.member` in all its spellings, `const { member } = object` included. */
export function isMemberUse(node: ts.Node, object: string, members: ReadonlySet<string>): boolean {
  const access = memberOf(node);
  if (access) return members.has(access.member) && isNamed(access.object, object);
  if (!ts.isVariableDeclaration(node) || !node.initializer || !isNamed(node.initializer, object))
    return false;
  if (!ts.isObjectBindingPattern(node.name)) return false;
  return node.name.elements.some((element) => members.has(boundName(element)));
}

/** The module that an import, a re-export, `import()` or `import("…").T` names. */
export function importedModule(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isCallExpression(node) && isImportCall(node)) return textOf(node.arguments[0]);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  return undefined;
}

/** `name` itself or `globalThis.name`. */
function isNamed(node: ts.Expression, name: string): boolean {
  if (ts.isIdentifier(node)) return node.text === name;
  const access = memberOf(node);
  return access?.member === name && ts.isIdentifier(access.object) && access.object.text === "globalThis";
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(expression) && expression.text === "require";
}

function isMemberName(parent: ts.Node, node: ts.Identifier): boolean {
  const isMember =
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent);
  return isMember && parent.name === node;
}

function boundName({ propertyName, name }: ts.BindingElement): string {
  const key = propertyName ?? name;
  return ts.isIdentifier(key) || ts.isStringLiteralLike(key) ? key.text : "";
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}
