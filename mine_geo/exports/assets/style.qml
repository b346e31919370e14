<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
{# Lengths are points, so that a symbol has one size on screen and on paper. #}
{% macro prop(key, value) %}
          <prop k="{{ key }}" v="{{ value }}"/>
{% endmacro %}
{% macro line_layer(symbol) %}
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
{{ prop("capstyle", "flat") -}}
{{ prop("joinstyle", "round") -}}
{{ prop("line_color", symbol.line | rgba(symbol.line_opacity)) -}}
{{ prop("line_style", "solid") -}}
{{ prop("line_width", symbol.weight | points) -}}
{{ prop("line_width_unit", "Point") -}}
{% if symbol.dashes %}
{{ prop("use_custom_dash", "1") -}}
{{ prop("customdash", symbol.dashes | map("points") | join(";")) -}}
{{ prop("customdash_unit", "Point") -}}
{% endif %}
        </layer>
{% endmacro %}
<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="{{ 1 if style.label else 0 }}">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0">
    <rules key="{root}">
{% for rule in style.rules %}
      <rule key="{rule-{{ loop.index0 }}}" symbol="{{ loop.index0 }}" label="{{ rule.label.both }}"{% if rule.conditions %} filter="{{ rule | filter_text }}"{% endif %}/>
{% endfor %}
    </rules>
    <symbols>
{% for rule in style.rules %}
{% set symbol = rule.symbol %}
      <symbol type="{{ style.geometry }}" name="{{ loop.index0 }}" alpha="1" clip_to_extent="1" force_rhr="0">
{% if style.geometry == "marker" %}
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
{{ prop("name", "circle") -}}
{{ prop("color", symbol.fill | rgba(symbol.fill_opacity)) -}}
{{ prop("outline_style", "no") -}}
{{ prop("size", "3") -}}
{{ prop("size_unit", "Point") -}}
        </layer>
{% endif %}
{% if style.geometry == "fill" and symbol.fill %}
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
{{ prop("color", symbol.fill | rgba(symbol.fill_opacity)) -}}
{{ prop("outline_style", "no") -}}
{{ prop("style", "solid") -}}
        </layer>
{% endif %}
{% if symbol.hatch %}
        <layer class="LinePatternFill" enabled="1" locked="0" pass="0">
{{ prop("angle", symbol.hatch | angle) -}}
{{ prop("color", hatch_color | rgba(0.7)) -}}
{{ prop("distance", hatch_points) -}}
{{ prop("distance_unit", "Point") -}}
{{ prop("line_width", 0.6) -}}
{{ prop("line_width_unit", "Point") -}}
          <symbol type="line" name="@{{ loop.index0 }}@0" alpha="1" clip_to_extent="1" force_rhr="0">
            <layer class="SimpleLine" enabled="1" locked="0" pass="0">
{{ prop("line_color", hatch_color | rgba(0.7)) -}}
{{ prop("line_style", "solid") -}}
{{ prop("line_width", 0.6) -}}
{{ prop("line_width_unit", "Point") -}}
            </layer>
          </symbol>
        </layer>
{% endif %}
{% if style.geometry != "marker" and symbol.line %}
{{ line_layer(symbol) -}}
{% endif %}
      </symbol>
{% endfor %}
    </symbols>
  </renderer-v2>
{% if style.label %}
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="{{ style.label | label_text }}" isExpression="1" fontSize="{{ style.label.size }}" fontSizeUnit="Point" fontWeight="50" textColor="{{ style.label.color | rgba }}" textOpacity="1" multilineHeight="1" namedStyle="">
        <text-buffer bufferDraw="1" bufferSize="1.5" bufferSizeUnits="Point" bufferColor="255,255,255,255" bufferOpacity="1" bufferJoinStyle="128"/>
      </text-style>
      <text-format multilineAlign="1"/>
      <placement placement="{{ 0 if style.geometry == "marker" else 1 }}" dist="{{ 2 if style.geometry == "marker" else 0 }}" distUnits="Point" quadOffset="4" centroidInside="1"/>
      <rendering drawLabels="1" scaleVisibility="1" scaleMin="{{ style.label.closest }}" scaleMax="{{ style.label.scale }}" obstacle="0" upsidedownLabels="0"/>
    </settings>
  </labeling>
{% endif %}
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
</qgis>
