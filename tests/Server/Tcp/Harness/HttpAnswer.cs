using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>One response as it stood on the wire, already checked to be well formed.</summary>
internal sealed class HttpAnswer(int status, IReadOnlyList<KeyValuePair<string, string>> fields, byte[] body)
{
    public int Status { get; } = status;

    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; } = fields;

    public byte[] Body { get; } = body;

    public string Text => Encoding.UTF8.GetString(Body);

    public string? ContentType => Field("content-type");

    /// <summary>Whether the server announced that it closes after this answer.</summary>
    public bool Closes => string.Equals(Field("connection"), "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>The single value of a field, or <see langword="null"/>; two fields of one name are a fault of the server.</summary>
    public string? Field(string name) => Fields
        .Where(field => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase))
        .Select(field => field.Value)
        .SingleOrDefault();

    public override string ToString() => $"{Status} {ContentType}: {Text}";
}
