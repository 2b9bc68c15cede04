using System;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>The names of JSON types in JSON Schema. Stateless, any thread.</summary>
internal static class SchemaKindNames
{
    /// <summary>The name of a type.</summary>
    /// <param name="kind">A defined value.</param>
    public static string Of(SchemaKind kind) => kind switch
    {
        SchemaKind.Object => "object",
        SchemaKind.Array => "array",
        SchemaKind.String => "string",
        SchemaKind.Integer => "integer",
        SchemaKind.Boolean => "boolean",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
