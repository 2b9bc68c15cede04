using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Source-generated metadata of JSON that is kept in columns.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class StoredJson : JsonSerializerContext;
