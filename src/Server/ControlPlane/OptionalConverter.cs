using System;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Unkey.Server.ControlPlane;

/// <summary>Binds <see cref="Optional{T}"/>: called only for a member that is present, so the default value stays "absent".</summary>
/// <typeparam name="T">Type of the value; its metadata must be in the source-generated context.</typeparam>
internal sealed class OptionalConverter<T> : JsonConverter<Optional<T>>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null
            ? new Optional<T>(default, IsPresent: true, IsNull: true)
            : new Optional<T>(JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T))), IsPresent: true, IsNull: false);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Requests are read, never written.");
}
