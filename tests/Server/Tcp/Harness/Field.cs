using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>One place of a request body, and what must stand there.</summary>
/// <param name="Path">Where it stands: <c>name</c>, <c>credits.cost</c>, <c>ratelimits[0].name</c>; empty for the whole body.</param>
/// <param name="Schema">What must stand there.</param>
/// <param name="IsRequired">Whether the object that it belongs to must have it.</param>
internal sealed record Field(string Path, SchemaNode Schema, bool IsRequired)
{
    /// <summary>The body itself and every place in it, outer ones first.</summary>
    public static IEnumerable<Field> Of(SchemaNode body) => Of(new Field("", body, IsRequired: true));

    private static IEnumerable<Field> Of(Field field) => Inner(field).SelectMany(Of).Prepend(field);

    private static IEnumerable<Field> Inner(Field field) => field.Schema.Kind == SchemaKind.Array
        ? [new Field(field.Path + "[0]", field.Schema.Items!, IsRequired: false)]
        : field.Schema.Properties.Select(property => new Field(
            field.Path.Length == 0 ? property.Name : $"{field.Path}.{property.Name}", property.Schema, property.IsRequired));
}
