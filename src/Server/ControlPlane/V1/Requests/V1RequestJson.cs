using System.Text.Json;
using System.Text.Json.Serialization;
using Unkey.Server.ControlPlane.Requests;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Source-generated metadata of the request types that only v1 has.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(V1CreateKeyRequest))]
[JsonSerializable(typeof(V1UpdateKeyRequest))]
[JsonSerializable(typeof(V1UpdateRemainingRequest))]
[JsonSerializable(typeof(V1ListKeysRequest))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(RefillInput))]
[JsonSerializable(typeof(V1RatelimitInput))]
internal sealed partial class V1RequestJson : JsonSerializerContext;
