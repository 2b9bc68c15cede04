using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>The data of an operation that has nothing to tell: <c>{}</c>.</summary>
internal sealed class EmptyData : IResponseData
{
    private EmptyData()
    {
    }

    /// <summary>The only instance.</summary>
    public static EmptyData Instance { get; } = new();

    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed().Named("Empty");

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    }
}
